// Plotly, once per window, from our own server.

const LOADED = new Map();

export function plotlyFrom(address) {
  if (!LOADED.has(address)) LOADED.set(address, loaded(address));
  return LOADED.get(address);
}

function loaded(address) {
  return new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: address });
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      LOADED.delete(address);
      script.remove();
      reject(new Error("plotly"));
    };
    document.head.append(script);
  });
}

// Without a graphics processor WebGL draws a frame of 10,000 points in 250 ms, and SVG moves them in 50.
export function drawsFast(canvas) {
  const context = canvas.getContext("webgl");
  if (context === null) return false;
  const names = context.getExtension("WEBGL_debug_renderer_info");
  const name = context.getParameter(names === null ? context.RENDERER : names.UNMASKED_RENDERER_WEBGL);
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return !/swiftshader|llvmpipe|software|basic render/i.test(name);
}

// When what was drawn has reached the screen: the first task after the animation callbacks of the next frame, which
// the browser runs once that frame is painted. A second animation frame would count up to 17 ms too much.

export function afterNextPaint(callback) {
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => callback(performance.now());
    channel.port2.postMessage(null);
  });
}

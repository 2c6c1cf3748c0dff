// Where the image lies on the screen, in device pixels, and how zoom and pan move it inside its frame.

export const IMAGE_SIZE = 256;
export const LARGEST_ZOOM = 8;
export const WHOLE_IMAGE = Object.freeze({ zoom: 1, panX: 0, panY: 0 });

// The largest whole number of device pixels per image pixel that a stage (CSS pixels) holds, centered in it.
export function frameIn({ width, height }, devicePixelRatio) {
  const across = Math.floor(width * devicePixelRatio);
  const down = Math.floor(height * devicePixelRatio);
  const scale = Math.max(1, Math.floor(Math.min(across, down) / IMAGE_SIZE));
  const size = scale * IMAGE_SIZE;
  return { scale, size, left: Math.max(0, (across - size) >> 1), top: Math.max(0, (down - size) >> 1) };
}

// Pan counts in image pixels and never bares the frame: at zoom 1 the image cannot be moved.
export function viewWithinFrame({ zoom, panX, panY }) {
  const bounded = Math.min(LARGEST_ZOOM, Math.max(1, zoom));
  const reach = (IMAGE_SIZE / 2) * (1 - 1 / bounded);
  const within = (pan) => Math.min(reach, Math.max(-reach, pan));
  return { zoom: bounded, panX: within(panX), panY: within(panY) };
}

// Zoom so that the image point under (x, y) stays there; x and y in unzoomed image pixels from the frame's center.
export function zoomedToward(view, factor, { x, y }) {
  const zoom = Math.min(LARGEST_ZOOM, Math.max(1, view.zoom * factor));
  const shift = 1 / zoom - 1 / view.zoom;
  return viewWithinFrame({ zoom, panX: view.panX + x * shift, panY: view.panY + y * shift });
}

export function movedBy(view, { x, y }) {
  return viewWithinFrame({ ...view, panX: view.panX + x / view.zoom, panY: view.panY + y / view.zoom });
}

// An 8-bit gray PNG to its exact bytes. The browser's own decoder hands pixels back only through a canvas, where
// color management or a privacy setting may change them.

const PNG_SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];

export async function grayFromPng(buffer) {
  const bytes = new Uint8Array(buffer);
  if (PNG_SIGNATURE.some((byte, position) => bytes[position] !== byte)) throw new Error("not a PNG");
  const view = new DataView(buffer);
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  if (bytes[24] !== 8 || bytes[25] !== 0 || bytes[28] !== 0) throw new Error("not an 8-bit gray PNG");
  const lines = await inflated(compressedParts(bytes, view));
  if (lines.length !== height * (width + 1)) throw new Error("a PNG cut short");
  return { width, height, gray: unfilteredLines(lines, width, height) };
}

function compressedParts(bytes, view) {
  const parts = [];
  for (let at = 8; at + 12 <= bytes.length; at += view.getUint32(at) + 12) {
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (kind === "IDAT") parts.push(bytes.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  return parts;
}

async function inflated(parts) {
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// PNG specification, section 9: each line opens with the number of its filter. Ours are written unfiltered.
function unfilteredLines(lines, width, height) {
  const gray = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const start = y * (width + 1);
    const line = lines.subarray(start + 1, start + 1 + width);
    if (lines[start] === 0) gray.set(line, y * width);
    else unfilterLine(lines[start], line, gray, y * width, width);
  }
  return gray;
}

function unfilterLine(filter, line, gray, at, width) {
  const hasAbove = at > 0;
  for (let x = 0; x < width; x += 1) {
    const left = x > 0 ? gray[at + x - 1] : 0;
    const above = hasAbove ? gray[at + x - width] : 0;
    const corner = hasAbove && x > 0 ? gray[at + x - width - 1] : 0;
    gray[at + x] = line[x] + predicted(filter, left, above, corner);
  }
}

function predicted(filter, left, above, corner) {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  return nearestOf(left + above - corner, left, above, corner);
}

function nearestOf(estimate, left, above, corner) {
  const [byLeft, byAbove, byCorner] = [left, above, corner].map((value) => Math.abs(estimate - value));
  if (byLeft <= byAbove && byLeft <= byCorner) return left;
  return byAbove <= byCorner ? above : corner;
}

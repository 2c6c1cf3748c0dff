// The routes of an embedding: its points, what they may be colored by, and the image of each.

import { grayFromPng } from "../reading_viewer/gray_png.js";
import { SessionClient } from "../reading_viewer/session_client.js";

export class ScatterClient {
  constructor(fetchRoute, embedding) {
    this.requests = new SessionClient(fetchRoute);
    this.address = `/embeddings/${encodeURIComponent(embedding)}`;
  }

  points() {
    return this.read("points", "json");
  }

  async colorings() {
    return (await this.read("colorings", "json")).colorings;
  }

  record(point) {
    return this.read(`record/${point}`, "json");
  }

  async gray(point) {
    return (await grayFromPng(await this.read(`image/${point}`, "arrayBuffer"))).gray;
  }

  // As the preview asks for the image beside: ours is another point.
  grayOf(_imageSet, point) {
    return this.gray(point);
  }

  async read(path, kind) {
    return this.requests.content(await this.requests.ask(`${this.address}/${path}`), kind);
  }
}

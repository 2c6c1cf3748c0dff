// The gallery's routes. What waits to be saved is posted one after the other, in the order in which it was decided.

import { grayFromPng } from "../reading_viewer/gray_png.js";
import { Refusal, SessionClient } from "../reading_viewer/session_client.js";

const SIGNED_OUT = new Set([401, 403]);

export class GalleryClient {
  constructor(fetchRoute, imageSet) {
    this.status = 0;
    const watched = async (path, options) => {
      const reply = await fetchRoute(path, options);
      this.status = reply.status;
      return reply;
    };
    this.requests = new SessionClient(fetchRoute);
    this.posts = new SessionClient(watched);
    this.address = addressOf(imageSet);
  }

  // Where everything stands: called so by the synchronizer, which reads it after what waits was delivered.
  async session() {
    return this.requests.content(await this.requests.ask(`${this.address}/state`), "json");
  }

  // What triage found, or null.
  async triage() {
    return this.requests.content(await this.requests.ask(`${this.address}/triage`), "json");
  }

  async order(name) {
    const reply = await this.requests.ask(`${this.address}/order/${encodeURIComponent(name)}`);
    return new Uint32Array(await this.requests.content(reply, "arrayBuffer"));
  }

  async sprite(positions, size) {
    const reply = await this.requests.ask(`${this.address}/thumbnails`, asJson({ positions, size }));
    return createImageBitmap(await this.requests.content(reply, "blob"));
  }

  async gray(position) {
    return this.grayAt(`${this.address}/image/${position}`);
  }

  // An image of any set.
  async grayOf(imageSet, position) {
    return this.grayAt(`${addressOf(imageSet)}/image/${position}`);
  }

  async grayAt(address) {
    const reply = await this.requests.ask(address);
    return (await grayFromPng(await this.requests.content(reply, "arrayBuffer"))).gray;
  }

  async record(position) {
    return this.requests.content(await this.requests.ask(`${this.address}/record/${position}`), "json");
  }

  // What waits in the outbox goes to its route; a refused one keeps no other from being saved.
  async post(waiting) {
    const reply = { saved: [], refused: [], receipts: [] };
    for (const { response_id: id, route, act } of waiting) {
      try {
        const sent = await this.posts.ask(`${this.address}/${route}`, asJson(act));
        reply.receipts.push(await this.posts.content(sent, "json"));
        reply.saved.push(id);
      } catch (error) {
        if (!(error instanceof Refusal) || SIGNED_OUT.has(this.status)) throw error;
        reply.refused.push({ response_id: id, what: error.what, nextStep: error.nextStep });
      }
    }
    return reply;
  }
}

function addressOf(imageSet) {
  return `/gallery/${encodeURIComponent(imageSet)}`;
}

function asJson(content) {
  return { method: "POST", body: JSON.stringify(content), headers: { "Content-Type": "application/json" } };
}

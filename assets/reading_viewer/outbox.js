// Responses that the server has not acknowledged yet. Each lies in localStorage under a key of its own, so that two
// tabs never overwrite each other's; the key names an opaque reading, so that readers never mix in one browser.

const OUTBOX_PREFIX = "mrturing.outbox.";

export class Outbox {
  // `storage` is a Storage, or null where the browser refuses one: then responses live in memory only.
  constructor({ storage, reading }) {
    this.storage = storage;
    this.prefix = `${OUTBOX_PREFIX}${reading}.`;
    this.kept = new Map();
  }

  get isMemoryOnly() {
    return this.storage === null || this.kept.size > 0;
  }

  put(response) {
    try {
      this.storage.setItem(this.prefix + response.response_id, JSON.stringify(response));
    } catch {
      this.kept.set(response.response_id, response);
    }
  }

  pending() {
    const stored = this.storedKeys().map((key) => readResponse(this.storage, key));
    const responses = [...stored.filter((response) => response !== null), ...this.kept.values()];
    return responses.sort((one, other) => (one.answered_at < other.answered_at ? -1 : 1));
  }

  get count() {
    return this.pending().length;
  }

  trials() {
    return new Set(this.pending().map((response) => response.trial));
  }

  drop(responseIds) {
    for (const id of responseIds) {
      this.kept.delete(id);
      this.storage?.removeItem(this.prefix + id);
    }
  }

  storedKeys() {
    if (this.storage === null) return [];
    const keys = Array.from({ length: this.storage.length }, (_, place) => this.storage.key(place));
    return keys.filter((key) => key !== null && key.startsWith(this.prefix));
  }
}

function readResponse(storage, key) {
  try {
    const response = JSON.parse(storage.getItem(key));
    return key.endsWith(`.${response.response_id}`) ? response : null;
  } catch {
    return null;
  }
}

export function usableStorage(scope) {
  try {
    return scope.localStorage ?? null;
  } catch {
    return null;
  }
}

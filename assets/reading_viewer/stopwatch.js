// Time on one image, in milliseconds from its first paint, pauses left out. The caller passes performance.now().

export class Stopwatch {
  constructor(now) {
    this.startedAt = now;
    this.activeAt = now;
    this.pausedAt = null;
    this.pausedMs = 0;
    this.longestIdleMs = 0;
  }

  elapsedMs(now) {
    return (this.pausedAt ?? now) - this.startedAt - this.pausedMs;
  }

  pause(now) {
    if (this.pausedAt !== null) return;
    this.noteActivity(now);
    this.pausedAt = now;
  }

  resume(now) {
    if (this.pausedAt === null) return;
    this.pausedMs += now - this.pausedAt;
    this.pausedAt = null;
    this.activeAt = now;
  }

  noteActivity(now) {
    if (this.pausedAt !== null) return;
    this.longestIdleMs = Math.max(this.longestIdleMs, now - this.activeAt);
    this.activeAt = now;
  }
}

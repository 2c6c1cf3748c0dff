// What triage found, as far as the gallery shows it: orders, flags to filter by, and words for one image.

const NOT_ODD = 0.005;

export class Triage {
  constructor({ orders, flagged, oddities, oddest, unrealism, nearest_sets: sets, nearest_set: ofSet, nearest_index: index, nearest_mirrored: mirrored, near_duplicate_of: original }) {
    this.orders = orders;
    this.flagged = Object.entries(flagged).map(([title, positions]) => ({ title, positions: new Set(positions) }));
    this.oddities = oddities;
    this.oddest = oddest;
    this.unrealism = unrealism;
    this.nearest = (position) => ({ imageSet: sets[ofSet[position]], index: index[position], isMirrored: mirrored[position] === 1 });
    this.original = original;
  }

  has(number, position) {
    return this.flagged[number].positions.has(position);
  }

  words(position) {
    const words = [];
    const score = this.unrealism[position];
    if (score > NOT_ODD) words.push(`unrealism ${score.toFixed(2)}: ${this.oddities[this.oddest[position]]}`);
    if (this.original[position] >= 0) words.push(`near-duplicate of image ${this.original[position] + 1}`);
    return words;
  }
}

// The image of the point that was clicked, with the nearest real image: beside the picture, or large over it.

import { Preview } from "../image_gallery/preview.js";

export class Inspector {
  constructor(root, client, { onFailure }) {
    this.root = root;
    this.element = root.querySelector(".inspector");
    this.preview = new Preview(root.querySelector(".preview"), client, { onFailure });
    this.hint = root.querySelector('[data-part="hint"]');
    this.opened = root.querySelector('[data-part="opened"]');
  }

  get isLarge() {
    return this.root.dataset.large === "true";
  }

  // `nearest`: the point of the nearest real image, or -1.
  show(point, { words, nearest, isChosen }) {
    this.hint.hidden = true;
    this.opened.hidden = false;
    this.root.querySelector('[data-text="what"]').textContent = words.join(" · ");
    this.choose(isChosen);
    this.preview.nearestOf = () => (nearest < 0 ? null : { imageSet: "", index: nearest, isMirrored: false });
    if (!this.preview.isOpen) this.preview.open();
    this.preview.besideIs(nearest >= 0);
    this.preview.show(point, []);
  }

  choose(isChosen) {
    this.root.querySelector('[data-action="choose"]').textContent = isChosen ? "Do not choose it" : "Choose this image";
  }

  hide() {
    this.enlarge(false);
    this.preview.close();
    this.hint.hidden = false;
    this.opened.hidden = true;
  }

  enlarge(isLarge) {
    this.root.dataset.large = String(isLarge);
    this.root.querySelector('[data-action="large"]').setAttribute("aria-pressed", String(isLarge));
    this.preview.fit();
  }
}

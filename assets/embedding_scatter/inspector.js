// The image of the point that was clicked, with the nearest real image: beside the picture, or in the whole window.

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
    return this.element.hasAttribute("popover");
  }

  // `nearest`: the point of the nearest real image, or -1.
  async show(point, { words, nearest, nearestWords, isChosen }) {
    this.hint.hidden = true;
    this.opened.hidden = false;
    this.root.querySelector('[data-text="what"]').textContent = words.join(" · ");
    this.choose(isChosen);
    this.preview.nearestOf = () => (nearest < 0 ? null : { imageSet: "", index: nearest, isMirrored: false });
    if (!this.preview.isOpen) this.preview.open();
    this.preview.besideIs(nearest >= 0);
    await this.preview.show(point, []);
    if (nearest >= 0 && this.preview.position === point) this.preview.tell("beside", `Nearest real image: ${nearestWords.join(" · ")}`);
  }

  choose(isChosen) {
    this.root.querySelector('[data-action="choose"]').textContent = isChosen ? "Leave out" : "Choose";
  }

  hide() {
    this.enlarge(false);
    this.preview.close();
    this.hint.hidden = false;
    this.opened.hidden = true;
  }

  enlarge(isLarge) {
    if (isLarge) {
      this.element.setAttribute("popover", "manual");
      this.element.showPopover();
    } else this.element.removeAttribute("popover");
    this.root.querySelector('[data-action="large"]').setAttribute("aria-pressed", String(isLarge));
    this.preview.fit();
  }
}

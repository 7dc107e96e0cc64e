/** The extension's icon: a speech bubble with a prompt in it. */

import { LabIcon } from "@jupyterlab/ui-components";

const BUBBLE =
  "M5.5 4h13A2.5 2.5 0 0 1 21 6.5v8a2.5 2.5 0 0 1-2.5 2.5H13l-4.5 4V17h-3A2.5 2.5 0 0 1 3 14.5v-8A2.5 2.5 0 0 1 5.5 4z";

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24" fill="none">
  <g class="jp-icon3" stroke="#616161" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">
    <path d="${BUBBLE}"/>
    <path d="M8 8l2.6 2.5L8 13M13 13h3"/>
  </g>
</svg>`;

export const chatIcon = new LabIcon({ name: "jupyter-claude:chat", svgstr: SVG });

/** The icon as an image's address, in the colour of the launcher's notebooks. */
export function chatImage(): string {
  const svg = SVG.replace("#616161", "#f37726");
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

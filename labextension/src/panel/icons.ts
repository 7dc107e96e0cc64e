/** The icons of the panel, in the text's colour. */

const PATHS = {
  send: "M8 13.25V3M3.5 7.25 8 2.75l4.5 4.5",
  stop: "M5 4h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1z",
  add: "M8 3.25v9.5M3.25 8h9.5",
  clock: "M2.75 8a5.25 5.25 0 1 0 1.7-3.86L2.75 5.7M2.75 2.6v3.1h3.1M8 5.25V8.2l2 1.3",
  rewind: "M8 4.25v7.5L2.75 8zM13.25 4.25v7.5L8 8z",
  copy: "M6 6h6.75v6.75H6zM10 3.25H3.25V10",
  text: "M3.25 4.5v-1h9.5v1M8 3.5v9M6.25 12.5h3.5",
  edit: "M3 13l.75-3.25 7-7 2.5 2.5-7 7zM9.5 4l2.5 2.5",
  retry: "M13.25 8a5.25 5.25 0 1 1-1.7-3.86L13.25 5.7M13.25 2.6v3.1h-3.1",
  fork: "M4.5 6.25v3.5M4.5 6.25a1.75 1.75 0 1 0 0-3.5a1.75 1.75 0 1 0 0 3.5M4.5 13.25a1.75 1.75 0 1 0 0-3.5a1.75 1.75 0 1 0 0 3.5M11.5 6.25a1.75 1.75 0 1 0 0-3.5a1.75 1.75 0 1 0 0 3.5M11.5 6.25c0 2.5-2 3-4 3.25",
  bin: "M3 4.5h10M6.25 4.25v-1.5h3.5v1.5M4.25 4.75l.6 8.5h6.3l.6-8.5M6.75 7.25v3.5M9.25 7.25v3.5",
  tools:
    "M2.75 4.75h4.5M10.75 4.75h2.5M7.25 4.75a1.75 1.75 0 1 0 3.5 0a1.75 1.75 0 1 0-3.5 0" +
    "M2.75 11.25h2.5M8.75 11.25h4.5M5.25 11.25a1.75 1.75 0 1 0 3.5 0a1.75 1.75 0 1 0-3.5 0",
  close: "M4 4l8 8M12 4l-8 8",
  expand: "M9.5 2.75h3.75V6.5M13.25 2.75 8.75 7.25M6.5 13.25H2.75V9.5M2.75 13.25l4.5-4.5",
  dock: "M3.75 3h8.5a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1h-8.5a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM9.5 3v10",
  attach: "M12.5 7.25 8 11.75a2.9 2.9 0 0 1-4.1-4.1l5-5a1.95 1.95 0 0 1 2.75 2.75L6.9 10.15",
  file: "M9.25 2.25h-5v11.5h7.5v-9zM9.25 2.25v2.5h2.5",
  keys: "M6 6.2a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.4v.3M8 12v.2",
  remove: "M4.5 4.5l7 7M11.5 4.5l-7 7",
  down: "M8 3v9.75M3.75 8.5 8 12.75l4.25-4.25",
} as const;

export type Icon = keyof typeof PATHS;

const SVG = "http://www.w3.org/2000/svg";

/** An icon, hidden from screen readers: the element around it has the name. */
export function icon(name: Icon): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({
    viewBox: "0 0 16 16",
    width: "16",
    height: "16",
    fill: name === "stop" ? "currentColor" : "none",
    stroke: name === "stop" ? "none" : "currentColor",
    "stroke-width": "1.5",
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
    "aria-hidden": "true",
    class: "jc-icon",
  }))
    svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** Attachments in the browser's storage, which is small: of large ones only the names are kept. */

import type { Given } from "../messages.generated";
import { each, isFields, list, oneOf, text, type Words } from "../protocol";

/** Characters of attachments that are kept of one draft, or of one prompt. */
const MOST_CHARACTERS = 700_000;

const KINDS: Words<Given["kind"]> = { picture: true, file: true, text: true };

/** Attachments as they are kept, and the names of those that are not. */
export interface Kept {
  attached: readonly Given[];
  lost: readonly string[];
}

/** What is kept of these attachments. */
export function kept(all: readonly Given[], most = MOST_CHARACTERS): Kept {
  const attached: Given[] = [];
  const lost: string[] = [];
  let room = most;
  for (const item of all)
    if (item.data.length <= room) {
      room -= item.data.length;
      attached.push(item);
    } else lost.push(item.name);
  return { attached, lost };
}

/** What was kept; a user or another version may have written it. */
export function parseKept(value: unknown): Kept {
  if (!isFields(value)) return { attached: [], lost: [] };
  return {
    attached: each(value["attached"], (item) => ({
      name: text(item["name"]),
      kind: oneOf(item["kind"], KINDS, "file"),
      data: text(item["data"]),
    })),
    lost: list(value["lost"]).map(text),
  };
}

/** Makes attachments of files: checks their sizes, and makes large pictures smaller. */

import type { Given } from "../../../src/messages.generated";
import { trans } from "../../../src/trans";

/** A picture of more bytes, or pixels a side, is made smaller: models and notebooks take less. */
const PICTURE_BYTES = 370_000;
const PICTURE_SIDE = 1_568;
const QUALITIES = [0.88, 0.75, 0.6, 0.4];
const PDF_BYTES = 3_000_000;
const TEXT_BYTES = 100_000;
/** A larger picture could make the page hang. */
const SOURCE_BYTES = 50_000_000;

/** Why a file cannot be attached, in a line for the user. */
class NotAttached extends Error {}

/** The file of a picture's base64. */
export function pictureFile(name: string, type: string, data: string): File {
  return new File([bytesOf(data.replace(/\s/g, ""))], name, { type });
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));
}

/** Makes attachments of files, and lines on those that cannot be attached. */
export async function fromFiles(
  files: readonly File[],
): Promise<{ given: Given[]; problem: string }> {
  const given: Given[] = [];
  const problems: string[] = [];
  for (const file of files)
    try {
      given.push(await fromFile(file));
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  return { given, problem: problems.join(" ") };
}

/** Makes an attachment of a file; rejects with `NotAttached`. */
async function fromFile(file: File): Promise<Given> {
  const { name } = file;
  if (/^image\/(?!svg)/.test(file.type))
    return { name, kind: "picture", data: await picture(file) };
  if (file.type === "application/pdf") {
    limit(file, PDF_BYTES);
    return { name, kind: "file", data: await base64(file) };
  }
  limit(file, TEXT_BYTES);
  const data = await text(file);
  return { name, kind: "text", data };
}

/** The bytes in base64 of a picture in a format and a size that models take. */
async function picture(file: File): Promise<string> {
  const isTaken = /^image\/(?:png|jpeg|gif|webp)$/.test(file.type);
  if (file.size > SOURCE_BYTES) limit(file, SOURCE_BYTES);
  try {
    const drawn = await createImageBitmap(file);
    const scale = Math.min(1, PICTURE_SIDE / Math.max(drawn.width, drawn.height));
    if (isTaken && scale === 1 && file.size <= PICTURE_BYTES) return await base64(file);
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(drawn.width * scale));
    canvas.height = Math.max(1, Math.round(drawn.height * scale));
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("no canvas");
    context.drawImage(drawn, 0, 0, canvas.width, canvas.height);
    let made = await encoded(canvas, "image/png");
    if (made.size > PICTURE_BYTES) {
      // JPEG has no transparency: what shines through is white.
      context.globalCompositeOperation = "destination-over";
      context.fillStyle = "#fff";
      context.fillRect(0, 0, canvas.width, canvas.height);
      for (const quality of QUALITIES) {
        made = await encoded(canvas, "image/jpeg", quality);
        if (made.size <= PICTURE_BYTES) break;
      }
    }
    return await base64(made);
  } catch {
    throw new NotAttached(
      trans.__("%1 was not attached: this browser cannot read the picture.", file.name),
    );
  }
}

function encoded(canvas: HTMLCanvasElement, type: string, quality?: number): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => {
        if (blob === null) reject(new Error("not encoded"));
        else resolve(blob);
      },
      type,
      quality,
    );
  });
}

async function text(file: File): Promise<string> {
  try {
    const bytes = bytesOf(await base64(file));
    const data = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!data.includes("\0")) return data;
  } catch {
    // It is no text, or a folder.
  }
  throw new NotAttached(
    trans.__(
      "%1 was not attached: it is no picture, PDF or text. Put it into the notebook's folder and name it with @.",
      file.name,
    ),
  );
}

function limit(file: File, most: number): void {
  if (file.size <= most) return;
  throw new NotAttached(
    trans.__(
      "%1 was not attached: it has %2, and %3 are the most. Put it into the notebook's folder and name it with @.",
      file.name,
      size(file.size),
      size(most),
    ),
  );
}

function size(bytes: number): string {
  return bytes < 999_500
    ? trans.__("%1 kB", Math.ceil(bytes / 1e3))
    : trans.__("%1 MB", (bytes / 1e6).toFixed(1));
}

function base64(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      const url = typeof reader.result === "string" ? reader.result : "";
      resolve(url.slice(url.indexOf(",") + 1));
    });
    reader.addEventListener("error", () => {
      reject(new Error("not readable"));
    });
    reader.readAsDataURL(blob);
  });
}

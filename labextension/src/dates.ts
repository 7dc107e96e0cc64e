/** Dates and times, in the language that the page shows its texts in. */

import { language } from "./trans";

interface Formats {
  readonly language: string;
  readonly clock: Intl.DateTimeFormat;
  readonly day: Intl.DateTimeFormat;
  readonly date: Intl.DateTimeFormat;
  readonly whole: Intl.DateTimeFormat;
}

// Kept, because each step of the slider formats several times.
let formats: Formats | undefined;

function formatsNow(): Formats {
  const now = language();
  if (formats?.language === now) return formats;
  const of = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(now, options);
  formats = {
    language: now,
    clock: of({ hour: "2-digit", minute: "2-digit" }),
    day: of({ day: "numeric", month: "short" }),
    date: of({ day: "numeric", month: "short", year: "numeric" }),
    whole: of({ dateStyle: "medium", timeStyle: "medium" }),
  };
  return formats;
}

/** The time of a date in ISO form; null without one. */
function parsed(iso: string): Date | null {
  const time = new Date(iso);
  return iso === "" || Number.isNaN(time.getTime()) ? null : time;
}

/** The time of day, after the date unless that is today; "" without a time. */
export function timeOf(iso: string, now = new Date()): string {
  const time = parsed(iso);
  if (time === null) return "";
  const { clock, day, date } = formatsNow();
  if (time.toDateString() === now.toDateString()) return clock.format(time);
  const on = time.getFullYear() === now.getFullYear() ? day : date;
  return `${on.format(time)}, ${clock.format(time)}`;
}

/** The date and the time, to the second; "" without a time. */
export function wholeTimeOf(iso: string): string {
  const time = parsed(iso);
  return time === null ? "" : formatsNow().whole.format(time);
}

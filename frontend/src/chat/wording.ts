/** Dates, hours and amounts as the person reads them. */

import { texts } from "./texts.ts";

let language = document.documentElement.lang || "es";

/** From here on dates and amounts are written as in this country. */
export function speakAs(country: string): void {
  language = `es-${country}`;
  document.documentElement.lang = language;
}

const long: Intl.DateTimeFormatOptions = { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" };

function noon(day: string): Date {
  return new Date(`${day}T12:00:00Z`);
}

/** Day and hour of an instant: as written, or in the phone's zone when it is written in UTC. */
export function moment(at: string): { day: string; hour: string } {
  if (!at.endsWith("Z")) return { day: at.slice(0, 10), hour: at.slice(11, 16) };
  const local = new Date(at);
  const shifted = new Date(local.getTime() - local.getTimezoneOffset() * 60_000).toISOString();
  return { day: shifted.slice(0, 10), hour: shifted.slice(11, 16) };
}

export function dayName(day: string, today: string): string {
  if (day === today) return texts.today;
  const before = noon(today);
  before.setUTCDate(before.getUTCDate() - 1);
  if (day === before.toISOString().slice(0, 10)) return texts.yesterday;
  const name = noon(day).toLocaleDateString(language, long);
  return name.charAt(0).toUpperCase() + name.slice(1);
}

export function longDate(day: string): string {
  return noon(day).toLocaleDateString(language, { ...long, year: "numeric" });
}

/** 2026-11-27 as it is said to the house: 27/11/2026. */
export function slashed(day: string): string {
  return day.split("-").reverse().join("/");
}

/** How a person's own words look in their bubble: a bare 27/11/2026 is read as a date. */
export function ownWords(text: string): string {
  const date = /^(\d\d)\/(\d\d)\/(\d{4})$/.exec(text);
  return date ? longDate(`${date[3]}-${date[2]}-${date[1]}`) : text;
}

/** A span of days needs no weekdays: 24 de noviembre. */
export function shortDate(day: string): string {
  return noon(day).toLocaleDateString(language, { day: "numeric", month: "long", timeZone: "UTC" });
}

/** Keeps a currency sign on the line of its figures. */
export function unbroken(text: string): string {
  return text.replace(/(\$|€|S\/) (?=\d)/g, "$1\u00a0").replace(/(\d) (?=€)/g, "$1\u00a0");
}

export function amount(major: string): string {
  return Number(major).toLocaleString(language, { maximumFractionDigits: 2, useGrouping: "always" } as Intl.NumberFormatOptions);
}

/** An amount as a person types it, "1.250.000" or "1,250.50", in major units; NaN for what is none. */
export function typedAmount(text: string): number {
  const figures = text.replace(/[^\d.,]/g, "");
  const last = Math.max(figures.lastIndexOf("."), figures.lastIndexOf(","));
  const decimals = figures.length - last - 1;
  const mark = last >= 0 && (decimals === 1 || decimals === 2) ? last : figures.length;
  const whole = figures.slice(0, mark).replace(/\D/g, "");
  return whole ? Number(`${whole}.${figures.slice(mark + 1) || 0}`) : NaN;
}

export function fileSize(bytes: number): string {
  const kilobytes = bytes / 1024;
  const large = kilobytes >= 1024;
  const number = (large ? kilobytes / 1024 : kilobytes).toLocaleString(language, { maximumFractionDigits: large ? 1 : 0 });
  return `${number} ${large ? "MB" : "kB"}`;
}

/** Hides what may be an identity document: every run of letters and figures with a figure in it. */
export function masked(text: string): string {
  return text.replace(/[\p{L}\d.-]*\d[\p{L}\d.-]*/gu, "••••");
}

export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => /^\p{Lu}/u.test(word));
  return (words.length ? words : [name]).slice(0, 2).map((word) => word.charAt(0).toUpperCase()).join("");
}

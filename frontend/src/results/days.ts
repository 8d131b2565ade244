/** The days as two charts, contact and outcome, since their sizes differ by a hundred. */

import "uplot/dist/uPlot.min.css";

import uPlot from "uplot";

import { h } from "../dom.ts";
import type { Counts } from "./results.ts";

type Day = Counts & { day: string };

const CHARTS: { title: string; series: [keyof Counts, string, string, number[]][] }[] = [
  {
    title: "Contacto",
    series: [
      ["sent", "Enviados", "--edge", []],
      ["delivered", "Entregados", "--quiet", [4, 4]],
      ["opened", "Abiertos", "--accent", []],
      ["identified", "Identificados", "--ink", [8, 4]],
    ],
  },
  {
    title: "Resultado",
    series: [
      ["agreements", "Acuerdos", "--accent", []],
      ["promises", "Promesas", "--edge", [4, 4]],
      ["paid", "Pagados", "--good", [8, 4]],
    ],
  },
];
const HEIGHT = 240;
const FEWEST_DAYS = 7;
const DAY = 86_400;

const charts: uPlot[] = [];
let last: Day[] = [];

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function columns(days: Day[], series: (typeof CHARTS)[number]["series"]): uPlot.AlignedData {
  const at = days.map((row) => Date.parse(`${row.day}T00:00:00Z`) / 1000);
  return [at, ...series.map(([key]) => days.map((row) => row[key] ?? 0))];
}

/** At least a week is shown, so that a first day is a point with room around it. */
function span(_: uPlot, least: number, most: number): [number, number] {
  const missing = Math.max(0, (FEWEST_DAYS - 1) * DAY - (most - least));
  return [least - DAY / 2, most + missing + DAY / 2];
}

/** 23 nov, from 2026-11-23 or from seconds since 1970. */
export function dayLabel(day: string | number): string {
  const at = typeof day === "string" ? new Date(`${day}T00:00:00Z`) : new Date(day * 1000);
  return at.toLocaleDateString("es", { day: "numeric", month: "short", timeZone: "UTC" });
}

function chart({ title, series }: (typeof CHARTS)[number], days: Day[], room: HTMLElement): uPlot {
  const holder = h("div", { class: "chart" }, h("h3", {}, title));
  room.append(holder);
  const axis = { stroke: color("--quiet"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
  const options: uPlot.Options = {
    width: holder.clientWidth,
    height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    scales: { x: { range: span }, y: { range: (_, __, most) => [0, Math.max(4, most * 1.08)] } },
    axes: [
      { ...axis, space: 60, incrs: [1, 2, 7, 14, 30].map((days) => days * DAY), values: (_, ticks) => ticks.map(dayLabel) },
      { ...axis, values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? tick.toLocaleString("es") : "")) },
    ],
    series: [
      { label: "Día", value: (_, raw) => (raw === null ? "" : dayLabel(raw)) },
      ...series.map(([, label, name, dash]) => ({ label, stroke: color(name), width: 2, dash, points: { show: true, size: 7, fill: color(name) } })),
    ],
  };
  return new uPlot(options, columns(days, series), holder);
}

function build(room: HTMLElement): void {
  for (const old of charts.splice(0)) old.destroy();
  room.replaceChildren();
  for (const kind of CHARTS) charts.push(chart(kind, last, room));
}

export function drawDays(room: HTMLElement, days: Day[]): void {
  last = days;
  if (charts.length) return charts.forEach((each, place) => each.setData(columns(days, CHARTS[place]?.series ?? [])));
  build(room);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => build(room));
  addEventListener("resize", () => {
    for (const each of charts) each.setSize({ width: each.root.parentElement?.clientWidth ?? each.width, height: HEIGHT });
  });
}

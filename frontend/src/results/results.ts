/** The results page: draws what `/results.json` says, again every few seconds, and moves the demo's clock. */

import "./results.css";

import { h } from "../dom.ts";
import { dayLabel, drawDays } from "./days.ts";

export interface Counts {
  sent: number;
  delivered: number;
  opened: number;
  identified: number;
  conversations?: number;
  agreements: number;
  promises: number;
  paid: number;
}

interface Results {
  clock: { at: string; zone: string; movable: boolean };
  funnel: { key: string; label: string; count: number }[];
  days: (Counts & { day: string })[];
  segments: (Counts & { segment: string })[];
  channels: (Counts & { channel: string })[];
  money: { currency: string; agreed: string; paid: string }[];
  satisfaction: { average: number | null; answers: number; by_score: number[] };
}

const EVERY = 4_000;
const COLUMNS: Record<string, string> = {
  sent: "Enviados",
  delivered: "Entregados",
  opened: "Abiertos",
  identified: "Identificados",
  conversations: "Conversaciones",
  agreements: "Acuerdos",
  promises: "Promesas",
  paid: "Pagados",
};
const SCORES = ["1 Muy mal", "2 Mal", "3 Regular", "4 Bien", "5 Muy bien"];

const $ = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const whole = (value: number) => value.toLocaleString("es", { useGrouping: true });
const share = (part: number, all: number) =>
  all ? `${((100 * part) / all).toLocaleString("es", { maximumFractionDigits: part * 10 < all ? 1 : 0 })} %` : "–";

let drawn = "";

async function refresh(): Promise<void> {
  try {
    const answer = await fetch("/results.json");
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    say("");
    if (text !== drawn) draw(JSON.parse(text) as Results);
    drawn = text;
  } catch {
    say("No se pudieron leer los resultados; se intenta de nuevo.");
  }
}

function say(words: string): void {
  const state = $("state");
  if (state.textContent !== words) state.textContent = words;
  state.hidden = !words;
}

function draw(results: Results): void {
  $("results").hidden = false;
  drawClock(results.clock);
  drawFunnel(results.funnel);
  $("money").replaceChildren(money(results.money));
  $("satisfaction").replaceChildren(...satisfaction(results.satisfaction));
  drawDays($("charts"), results.days);
  $("days").replaceChildren(table("Día", results.days, (row) => dayLabel(row.day)));
  $("segments").replaceChildren(table("Segmento", results.segments, (row) => row.segment));
  $("channels").replaceChildren(table("Canal", results.channels, (row) => row.channel));
}

function drawClock(clock: Results["clock"]): void {
  $("clock").hidden = !clock.movable;
  const day = new Date(`${clock.at.slice(0, 10)}T12:00:00Z`);
  const name = day.toLocaleDateString("es", { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  const now = $<HTMLTimeElement>("now");
  now.dateTime = clock.at;
  now.textContent = `${name}, ${clock.at.slice(11, 16)} (${(clock.zone.split("/").pop() ?? "").replace(/_/g, " ")})`;
  const to = $<HTMLInputElement>("to");
  to.min = clock.at.slice(0, 16);
  if (!to.value || to.value < to.min) to.value = to.min;
}

function drawFunnel(steps: Results["funnel"]): void {
  const most = Math.max(1, ...steps.map((step) => step.count));
  const list = $("funnel");
  // Bars are kept and moved, so that they grow instead of blinking.
  while (list.children.length > steps.length) list.lastElementChild?.remove();
  steps.forEach((step, place) => {
    const before = steps[place - 1];
    const item = list.children[place] ?? list.appendChild(funnelRow());
    const [name, , count] = item.children as unknown as HTMLElement[];
    const bar = item.querySelector<HTMLElement>(".bar");
    if (name) name.textContent = step.label;
    if (bar) bar.style.width = `${(100 * step.count) / most}%`;
    count?.replaceChildren(
      h("b", {}, whole(step.count)),
      before ? h("span", { class: "quiet" }, share(step.count, before.count), h("span", { class: "vh" }, " del paso anterior")) : "",
    );
  });
}

function funnelRow(): HTMLElement {
  return h(
    "li",
    {},
    h("span", { class: "name" }),
    h("span", { class: "track", "aria-hidden": true }, h("span", { class: "bar" })),
    h("span", { class: "count" }),
  );
}

function money(rows: Results["money"]): HTMLElement {
  if (!rows.length) return h("p", { class: "quiet" }, "Todavía no hay valores acordados ni pagados.");
  return grid(
    ["Moneda", "Acordado", "Pagado"],
    rows.map((row) => [row.currency, row.agreed, row.paid]),
  );
}

function satisfaction({ average, answers, by_score: scores }: Results["satisfaction"]): HTMLElement[] {
  if (!answers || average === null) return [h("p", { class: "quiet" }, "Todavía nadie ha calificado.")];
  const mean = average.toLocaleString("es", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const rows = scores.map((count, place) => {
    const bar = h("span", { class: "bar" });
    bar.style.width = `${(100 * count) / answers}%`;
    return h("li", {}, h("span", {}, SCORES[place]), h("span", { class: "track", "aria-hidden": true }, bar), h("b", {}, whole(count)));
  });
  const said = `de 5, en ${whole(answers)} ${answers === 1 ? "respuesta" : "respuestas"}`;
  return [
    h("p", {}, h("span", { class: "average" }, mean), h("span", { class: "quiet" }, ` ${said}`)),
    h("ol", { class: "scores" }, ...rows.reverse()),
  ];
}

function table<Row extends Counts>(first: string, rows: Row[], name: (row: Row) => string): HTMLElement {
  const keys = Object.keys(COLUMNS).filter((key) => rows.some((row) => key in row)) as (keyof Counts)[];
  if (!rows.length) return h("p", { class: "quiet" }, "Todavía no hay datos.");
  return grid(
    [first, ...keys.map((key) => COLUMNS[key] ?? key), "% pagados"],
    rows.map((row) => [name(row), ...keys.map((key) => whole(row[key] ?? 0)), share(row.paid, row.sent)]),
  );
}

function grid(heads: string[], rows: string[][]): HTMLElement {
  const head = h("tr", {}, ...heads.map((text) => h("th", { scope: "col" }, text)));
  const body = rows.map(([first, ...rest]) =>
    h("tr", {}, h("th", { scope: "row" }, first), ...rest.map((text) => h("td", {}, text))),
  );
  return h("table", {}, h("thead", {}, head), h("tbody", {}, ...body));
}

async function move(event: SubmitEvent): Promise<void> {
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  const body = new URLSearchParams(new FormData(form, event.submitter) as unknown as Record<string, string>);
  const buttons = [...document.querySelectorAll<HTMLButtonElement>(".clock button")];
  for (const button of buttons) button.disabled = true;
  const answer = await fetch(form.action, { method: "POST", body }).catch(() => null);
  for (const button of buttons) button.disabled = false;
  event.submitter?.focus();
  await refresh();
  if (!answer?.ok) say(await reason(answer));
}

async function reason(answer: Response | null): Promise<string> {
  const told = (await answer?.json().catch(() => null)) as { error?: string } | null;
  return told?.error ?? "No se pudo mover el reloj.";
}

for (const id of ["move", "jump"]) $(id).addEventListener("submit", (event) => void move(event as SubmitEvent));
setInterval(() => document.hidden || void refresh(), EVERY);
void refresh();

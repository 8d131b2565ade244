/** The ways to answer without typing: quick replies, the carousel of offers, and inputs for dates, amounts and the like. */

import { freshId, h } from "../dom.ts";
import type { Button, Card, Input, Link } from "./frames.ts";
import { texts } from "./texts.ts";
import { amount, masked, shortDate, slashed, unbroken } from "./wording.ts";

/** What a widget calls when the person has answered. */
export interface Answers {
  say(text: string, shown?: string): void;
  press(button: string, title: string): void;
}

export function quickReplies(buttons: Button[], answers: Answers): HTMLElement {
  const made = buttons.map(({ id, title }) =>
    h("button", { type: "button", class: "chip", onclick: () => answers.press(id, title) }, title),
  );
  return h("div", { class: "chips" }, ...made);
}

/** Offers side by side. Arrow keys pass from card to card; the cards stay readable after the choice. */
export function carousel(cards: Card[], answers: Answers): HTMLElement {
  const items = cards.map((card) => offer(card, answers));
  const list = h("ul", { class: "cards", tabindex: 0, role: "list", "aria-label": texts.options(cards.length) }, ...items);
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    pass(list, step, true);
  });
  if (cards.length < 2) return list;
  const arrow = (step: number, name: string, sign: string) =>
    h("button", { type: "button", class: "arrow", "aria-label": name, onclick: () => pass(list, step, false) }, sign);
  return h(
    "div",
    { class: "carousel" },
    list,
    h("div", { class: "arrows" }, arrow(-1, texts.previous, "‹"), arrow(1, texts.next, "›")),
  );
}

function offer(card: Card, answers: Answers): HTMLElement {
  const id = freshId();
  const choose = h(
    "button",
    { type: "button", class: "button choose", "aria-describedby": id, onclick: () => answers.press(card.id, card.title) },
    card.button,
  );
  const lines = card.lines.map((line, place) => h("p", { class: place ? "line" : "line first" }, unbroken(line)));
  return h("li", { class: "card" }, h("h2", { id }, card.title), ...lines, choose);
}

function pass(list: HTMLElement, step: number, withFocus: boolean): void {
  const items = [...list.children] as HTMLElement[];
  const left = list.getBoundingClientRect().left;
  const focused = items.findIndex((item) => item.contains(document.activeElement));
  const nearest = items.map((item) => Math.abs(item.getBoundingClientRect().left - left));
  const here = withFocus && focused >= 0 ? focused : nearest.indexOf(Math.min(...nearest));
  const next = items[Math.max(0, Math.min(items.length - 1, here + step))];
  if (!next) return;
  list.scrollTo({ left: list.scrollLeft + next.getBoundingClientRect().left - left, behavior: "smooth" });
  if (withFocus) next.querySelector("button")?.focus({ preventScroll: true });
}

/** A page to open, only by an address of the web. */
export function linkButton(link: Link): HTMLElement | null {
  const url = new URL(link.url, location.href);
  if (!/^https?:$/.test(url.protocol)) return null;
  return h("a", { class: "button", href: url.href, rel: "noopener noreferrer" }, link.title);
}

export function inputForm(input: Input, answers: Answers): HTMLElement {
  return input.kind === "rating" ? ratingForm(input, answers) : valueForm(input, answers);
}

const FIELD: Record<string, Record<string, string>> = {
  date: { type: "date" },
  money: { type: "text", inputmode: "decimal" },
  document_tail: { type: "text", autocapitalize: "characters", spellcheck: "false" },
  email: { type: "email", inputmode: "email" },
  text: { type: "text" },
};

function valueForm(input: Input, answers: Answers): HTMLElement {
  const id = freshId();
  const bounds = boundsText(input);
  const autocomplete = input.kind === "email" ? "email" : "off";
  const field = h("input", { id, required: true, maxlength: 500, autocomplete, ...FIELD[input.kind] });
  if (bounds) field.setAttribute("aria-describedby", `${id}b`);
  if (input.kind === "date" && input.least) field.min = input.least;
  if (input.kind === "date" && input.most) field.max = input.most;
  const submit = (event: Event) => {
    event.preventDefault();
    const value = field.value.trim();
    if (!value) return;
    if (input.kind === "date") answers.say(slashed(value));
    else if (input.kind === "document_tail") answers.say(value, masked(value));
    else answers.say(value);
  };
  return h(
    "form",
    { class: "ask", onsubmit: submit },
    h("label", { for: id }, input.label),
    bounds && h("p", { class: "bounds", id: `${id}b` }, bounds),
    h("div", { class: "pair" }, field, h("button", { class: "button" }, texts.send)),
  );
}

function boundsText({ kind, least, most }: Input): string {
  if (kind !== "date" && kind !== "money") return "";
  const write = kind === "date" ? shortDate : amount;
  const span = kind === "date" ? texts.days : texts.between;
  if (least && most) return span(write(least), write(most));
  if (least) return texts.from(write(least));
  return most ? texts.upTo(write(most)) : "";
}

/** One to five and, if they like, a comment: the press first, then the comment as their words. */
function ratingForm(input: Input, answers: Answers): HTMLElement {
  const id = freshId();
  const choices = texts.rating.map((name, place) =>
    h(
      "label",
      { class: "score" },
      h("input", { type: "radio", name: id, value: place + 1, required: true, class: "vh" }),
      h("span", {}, String(place + 1), h("small", { class: place % 4 ? "vh" : "" }, ` ${name}`)),
    ),
  );
  const comment = h("textarea", { id, rows: 2, maxlength: 1000 });
  const form = h(
    "form",
    {
      class: "ask",
      onsubmit: (event) => {
        event.preventDefault();
        const score = String(new FormData(form).get(id));
        const words = comment.value.trim();
        answers.press(`rating:${score}`, score);
        if (words) answers.say(words);
      },
    },
    h("fieldset", {}, h("legend", {}, input.label), h("div", { class: "scores" }, ...choices)),
    h("label", { for: id, class: "quiet" }, texts.comment),
    comment,
    h("button", { class: "button" }, texts.send),
  );
  return form;
}

/** One small way to make elements; text is always text, never markup. */

type Value = string | number | boolean | ((event: Event) => void);
type Child = Node | string | null | undefined | false;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== false) element.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : String(value));
  }
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

/** Words for those who listen to the page. */
export function heard(text: string, name = "vh"): HTMLElement {
  return h("span", { class: name }, `${text} `);
}

let last = 0;

export function freshId(): string {
  last += 1;
  return `f${last}`;
}

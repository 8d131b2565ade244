/** Amounts as people type them, in whatever country. */

import assert from "node:assert/strict";
import { test } from "node:test";

// The module reads the page's language when it is loaded.
Object.assign(globalThis, { document: { documentElement: { lang: "es" } } });
const { amount, fileSize, speakAs, typedAmount } = await import("../src/chat/wording.ts");

test("an amount is read with either mark", () => {
  const typed: [string, number][] = [
    ["300000", 300000], ["300.000", 300000], ["1.250.000", 1250000], ["1,250,000", 1250000], ["$ 300.000", 300000],
    ["1.250,50", 1250.5], ["1,250.50", 1250.5], ["12,5", 12.5], ["0", 0],
  ];
  for (const [text, value] of typed) assert.equal(typedAmount(text), value, text);
  for (const text of ["", "nada", ".", "$"]) assert.ok(Number.isNaN(typedAmount(text)), text);
});

test("what is written is read again as the same, in every country", () => {
  for (const country of ["CO", "MX", "CL", "PE", "AR", "ES"]) {
    speakAs(country);
    for (const value of [1000, 50000, 1250.5, 300000]) assert.equal(typedAmount(amount(String(value))), value, country);
  }
  speakAs("MX");
  assert.equal(amount("1250.5"), "1,250.5");
  speakAs("CO");
  assert.equal(amount("1250.5"), "1.250,5");
});

test("sizes are told as people know them", () => {
  speakAs("CO");
  assert.equal(fileSize(4003), "4 kB");
  assert.equal(fileSize(10 * 1024 * 1024), "10 MB");
  assert.equal(fileSize(3_000_000), "2,9 MB");
});

/** The line, against a socket, a clock and a chance of our own. */

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Down, Message, Up } from "../src/chat/frames.ts";
import { Line, type Pending, type Socket, wait } from "../src/chat/line.ts";

const STATE: Down = { t: "state", creditor: "Banco Uno" };

class Wire implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  sent: Up[] = [];
  closed = false;
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.closed = true;
  }
  gives(...frames: Down[]): void {
    for (const frame of frames) this.onmessage?.({ data: JSON.stringify(frame) });
  }
  deeds(): string[] {
    return this.sent.flatMap((frame) => ("id" in frame ? [frame.id] : []));
  }
}

function house(kept: Pending[] = []) {
  const wires: Wire[] = [];
  const heard: string[] = [];
  const timers: { at: number; what: () => void }[] = [];
  let saved = kept;
  let now = 0;
  const line = new Line(
    {
      connect: () => (wires.push(new Wire()), wires[wires.length - 1] as Wire),
      later: (ms, what) => {
        const timer = { at: now + ms, what };
        timers.push(timer);
        return timer;
      },
      cancel: (timer) => {
        const place = timers.indexOf(timer as (typeof timers)[number]);
        if (place >= 0) timers.splice(place, 1);
      },
      chance: () => 1,
      load: () => [...kept],
      save: (queue) => (saved = [...queue]),
    },
    {
      state: () => heard.push("state"),
      message: (frame) => heard.push(`msg ${frame.seq}`),
      sent: (id, seq) => heard.push(`sent ${id} ${seq}`),
      typing: () => heard.push("typing"),
      gone: () => heard.push("gone"),
      connected: (up) => heard.push(up ? "up" : "down"),
    },
  );
  const pass = (ms: number) => {
    const until = now + ms;
    for (;;) {
      const next = timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      timers.splice(timers.indexOf(next), 1);
      now = next.at;
      next.what();
    }
    now = until;
  };
  const joined = (...frames: Down[]): Wire => {
    const wire = wires[wires.length - 1] as Wire;
    wire.onopen?.();
    wire.gives(...frames);
    return wire;
  };
  line.start();
  return { line, wires, heard, pass, joined, saved: () => saved };
}

const said = (id: string) => ({ t: "say", id, text: `texto ${id}` }) as const;
const bot = (seq: number): Message => ({ t: "msg", seq, who: "bot", text: `m${seq}` });

test("a message is shown once, however often it comes", () => {
  const { heard, joined } = house();
  joined(STATE, bot(1), bot(1), bot(2));
  assert.deepEqual(heard, ["up", "state", "msg 1", "msg 2"]);
});

test("what was said while the line was down goes out, in order, once it is back, with the same id", () => {
  const { line, wires, pass, joined } = house();
  joined(STATE);
  wires[0]?.onclose?.();
  line.do(said("a"), "a");
  line.do(said("b"), "b");
  pass(200);
  const wire = joined(STATE);
  assert.deepEqual(wire.deeds(), ["a"]);
  wire.gives({ t: "ack", id: "a", seq: 1 });
  assert.deepEqual(wire.deeds(), ["a", "b"]);
});

test("an ack that was lost is made up by the history: the deed is not sent again", () => {
  const { wires, heard, joined } = house([{ deed: said("a"), shown: "a" }]);
  joined();
  wires[0]?.gives({ ...bot(1), who: "me", id: "a" }, STATE);
  assert.deepEqual(wires[0]?.deeds(), []);
  assert.ok(heard.includes("sent a 1"));
});

test("busy keeps the deed, says that it is reconnecting, and tries again on the same line", () => {
  const { line, heard, pass, joined, saved } = house();
  const wire = joined(STATE);
  line.do(said("a"), "a");
  wire.gives({ t: "busy" });
  assert.equal(heard[heard.length - 1], "down");
  assert.equal(saved().length, 1);
  pass(150);
  wire.gives(STATE, { t: "ack", id: "a", seq: 1 });
  assert.deepEqual(wire.deeds(), ["a", "a"]);
  assert.equal(saved().length, 0);
});

test("an ack ahead of a missing message does not hide it: hello asks from before the gap", () => {
  const { line, wires, pass, joined } = house();
  const wire = joined(STATE, bot(1));
  line.do(said("a"), "a");
  wire.gives({ t: "ack", id: "a", seq: 3 });
  wire.onclose?.();
  pass(200);
  joined();
  assert.deepEqual(wires[1]?.sent, [{ t: "hello", since: 1 }]);
});

test("nobody opened the page until somebody touches it", () => {
  const { line, joined } = house();
  const wire = joined(STATE, bot(1));
  line.read(1);
  assert.deepEqual(wire.sent, [{ t: "hello", since: 0 }]);
  line.gesture();
  line.gesture();
  line.read(1);
  assert.deepEqual(wire.sent.slice(1), [{ t: "open" }, { t: "read", seq: 1 }]);
});

test("an opening that died with its line is told again, a known one is not", () => {
  const { line, wires, pass, joined } = house();
  joined(STATE);
  line.gesture();
  wires[0]?.onclose?.();
  pass(200);
  const second = joined(STATE, bot(1));
  assert.equal(second.sent.filter((frame) => frame.t === "open").length, 1);
  second.onclose?.();
  pass(200);
  assert.equal(joined(STATE).sent.filter((frame) => frame.t === "open").length, 0);
});

test("a silent line is probed, and given up when nothing answers", () => {
  const { wires, heard, pass, joined } = house();
  joined(STATE);
  pass(25_000);
  assert.equal(wires[0]?.sent.length, 2);
  pass(10_000);
  assert.equal(wires[0]?.closed, true);
  assert.equal(heard[heard.length - 1], "down");
  pass(200);
  assert.equal(wires.length, 2);
});

test("a link that is gone is never tried again and leaves nothing on the phone", () => {
  const { line, wires, heard, pass, joined, saved } = house();
  const wire = joined(STATE);
  line.do(said("a"), "a");
  wire.gives({ t: "gone" });
  pass(60_000);
  assert.equal(wires.length, 1);
  assert.equal(heard[heard.length - 1], "gone");
  assert.deepEqual(saved(), []);
});

test("waits double from 100 ms to 5 s, with up to half of it left to chance", () => {
  assert.deepEqual([0, 1, 2, 20].map((tries) => wait(tries, 1)), [100, 200, 400, 5000]);
  assert.equal(wait(20, 0), 2500);
});

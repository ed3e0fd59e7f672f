/** Requests end in time, and with an error that is true. */
import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, beforeEach, test } from "node:test";

// What a page has and Node.js has not.
const kept = new Map<string, string>();
Object.assign(globalThis, {
  addEventListener: () => {},
  sessionStorage: {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  },
});
const ofNode = globalThis.fetch;
globalThis.fetch = (path, options) => ofNode(`${here}${path}`, options);

const { moment } = await import("../src/api/clock.ts");
const { ask } = await import("../src/api/request.ts");
const { gone, loggedIn, loggedOut, tokenNow } = await import("../src/api/token.ts");
const { leads } = await import("../src/api/leadwire.ts");
const { link } = await import("../src/api/link.ts");

let answer: (response: ServerResponse) => void;
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? "");
  answer(response);
});
await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
const here = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeEach(() => {
  asked.length = 0;
  kept.clear();
  loggedOut.value = false;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const refuse = (status: number, body: string) => (response: ServerResponse) => {
  response.writeHead(status).end(body);
};
const fails = (code: string, within = 5_000) =>
  assert.rejects(ask("GET", "/v1/x", { within }), { code });

test("an answer that stops in its middle is waited for no longer than one that does not begin", async () => {
  answer = (response) => response.write('{"half": ');
  await fails("away", 100);
  answer = () => {};
  await fails("away", 100);
});

test("an answer that breaks off is not mistaken for one of somebody else", async () => {
  answer = (response) => {
    response.writeHead(200, { "Content-Length": 100 }).write('{"half": ');
    setImmediate(() => response.destroy());
  };
  await fails("away");
  answer = (response) => response.end("<h1>Sign in</h1>");
  await fails("not_understood");
});

test("ages are told by the time of Leadwire, also where the clock is wrong by hours", async () => {
  const hours = 5 * 3_600_000;
  for (const wrong of [hours, -hours, 0]) {
    answer = (response) => {
      response.setHeader("Date", new Date(Date.now() + wrong).toUTCString());
      response.end("{}");
    };
    await ask("GET", "/");
    assert.ok(Math.abs(moment() - Date.now() - wrong) < 60_000, `off by ${wrong}`);
  }
});

test("one service that is away does not make all of Leadwire away", async () => {
  answer = refuse(502, '{"code": "bad_gateway", "detail": "The service did not answer."}');
  await fails("bad_gateway");
  assert.equal(link.value, "live");
  answer = refuse(502, "<h1>Bad Gateway</h1>");
  await fails("http_502");
  assert.equal(link.value, "away");
  answer = (response) => response.end("{}");
  await ask("GET", "/v1/x");
  assert.equal(link.value, "live");
});

/** Refuse every token but one. */
const takeOnly = (good: string) => (response: ServerResponse) => {
  if (response.req.headers.authorization === `Bearer ${good}`) response.end("{}");
  else refuse(401, "{}")(response);
};
const untilLoggedOut = () =>
  new Promise<void>((told) => {
    loggedOut.subscribe((is) => is && told());
  });

test("what is asked as a session ends is asked again once the same person has logged in", async () => {
  loggedIn("old", true);
  answer = takeOnly("new");
  const asked = [ask("GET", "/v1/x"), ask("GET", "/v1/y")];
  await untilLoggedOut();
  loggedIn("new", true);
  assert.deepEqual([await Promise.all(asked), loggedOut.value], [[{}, {}], false]);
});

test("what somebody asked is not done in the name of another, nor once he has gone", async () => {
  answer = takeOnly("new");
  for (const end of [() => loggedIn("new", false), gone]) {
    loggedIn("old", true);
    const asked = fails("http_401");
    await untilLoggedOut();
    end();
    await asked;
  }
});

test("a refusal of an old token does not log out who has logged in since", async () => {
  loggedIn("old", true);
  answer = (response) => {
    if (tokenNow() === "old") loggedIn("new", true);
    takeOnly("new")(response);
  };
  await ask("GET", "/v1/x");
  assert.deepEqual([tokenNow(), loggedOut.value], ["new", false]);
});

test("a wrong password is told, and nobody waits", async () => {
  answer = refuse(401, "{}");
  await assert.rejects(ask("POST", "/v1/auth/token", { token: null }), { code: "http_401" });
  assert.equal(loggedOut.value, false);
});

test("whatever an address names as an id stays one part of the path", async () => {
  answer = (response) => response.end("{}");
  await leads.read("../managers?q=x#y");
  assert.deepEqual(asked, ["/v1/leads/..%2Fmanagers%3Fq%3Dx%23y"]);
});

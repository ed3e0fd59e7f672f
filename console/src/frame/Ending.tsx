/** A session that ends soon: said before it happens in the middle of something. */
import { useState } from "preact/hooks";
import { me } from "../api/session.ts";
import { now } from "../parts/clock.ts";
import { hour, t } from "../texts.ts";
import { LogInAgain } from "./LogIn.tsx";

const SOON = 5 * 60_000;

export function Ending() {
  const [loggingIn, setLoggingIn] = useState(false);
  const end = Date.parse(me.value?.expires_at ?? "");
  if (!(end - now.value < SOON)) return null;
  return (
    <>
      <div class="notice wait banner" role="status">
        <p>{t.logIn.endsAt(hour(end))}</p>
        <button type="button" class="button tight" onClick={() => setLoggingIn(true)}>
          {t.logIn.again}
        </button>
      </div>
      {loggingIn && <LogInAgain onClose={() => setLoggingIn(false)} />}
    </>
  );
}

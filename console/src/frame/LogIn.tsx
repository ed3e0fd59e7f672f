/** The way in when access is on; where one was stays in the address. */
import { logIn } from "../api/session.ts";
import { Brand } from "../parts/icons.tsx";
import { ProblemNotice } from "../parts/notice.tsx";
import { useDoing } from "../parts/use.ts";
import { t } from "../texts.ts";

/** @param again Whether somebody was logged in before. */
export function LogIn({ again }: { again: boolean }) {
  const { busy, error, run } = useDoing();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    void run(() => logIn(String(fields.get("username")), String(fields.get("password"))));
  };
  return (
    <main class="log-in" id="main">
      <form class="card padded stack" onSubmit={submit}>
        <div class="brand">
          <Brand />
          {t.brand}
        </div>
        <h1>{t.logIn.title}</h1>
        {again && <p class="soft">{t.logIn.again}</p>}
        {error &&
          (error.status === 401 ? (
            <p class="notice bad" role="alert">
              {t.logIn.wrong}
            </p>
          ) : (
            <ProblemNotice error={error} />
          ))}
        <label class="field">
          <span>{t.logIn.name}</span>
          <input class="input" name="username" autocomplete="username" required autofocus />
        </label>
        <label class="field">
          <span>{t.logIn.password}</span>
          <input
            class="input"
            name="password"
            type="password"
            autocomplete="current-password"
            required
          />
        </label>
        <button class="button main" type="submit" disabled={busy}>
          {busy ? t.logIn.busy : t.logIn.submit}
        </button>
      </form>
    </main>
  );
}

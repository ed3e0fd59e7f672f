/** The way in when access is on; where one was stays in the address, and what one was at. */
import { logIn, me } from "../api/session.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Field, Form, type Values } from "../parts/form.tsx";
import { Brand } from "../parts/icons.tsx";
import { useDoing } from "../parts/use.ts";
import { t } from "../texts.ts";

export function LogIn() {
  return (
    <main class="log-in" id="main">
      <div class="card padded stack">
        <div class="brand">
          <Brand />
          {t.brand}
        </div>
        <h1>{t.logIn.title}</h1>
        <LogInForm />
      </div>
    </main>
  );
}

interface LogInAgainProps {
  /** null: the session has ended, so that there is nothing else to do. */
  onClose: (() => void) | null;
}

/** Over the view, which stays as it is. */
export function LogInAgain({ onClose }: LogInAgainProps) {
  return (
    <Dialog title={t.logIn.title} onClose={onClose}>
      <p class="soft">{onClose === null ? t.logIn.ended : t.logIn.early}</p>
      <LogInForm username={me.value?.name ?? ""} onClose={onClose} />
    </Dialog>
  );
}

interface LogInFormProps {
  username?: string;
  onClose?: (() => void) | null;
}

function LogInForm({ username = "", onClose = null }: LogInFormProps) {
  const doing = useDoing();
  const submit = async (values: Values) => {
    await logIn(values("username"), values("password"));
    onClose?.();
  };
  return (
    <Form doing={doing} action={t.logIn.submit} onClose={onClose} onSubmit={submit}>
      <Field
        label={t.logIn.name}
        name="username"
        autocomplete="username"
        required
        defaultValue={username}
        autofocus={username === ""}
      />
      <Field
        label={t.logIn.password}
        name="password"
        type="password"
        autocomplete="current-password"
        required
        autofocus={username !== ""}
      />
    </Form>
  );
}

/** What the keyboard does. */
import { Dialog } from "../parts/dialog.tsx";
import { setSingleKeys, singleKeys } from "../parts/keys.ts";
import { t } from "../texts.ts";

const { list, groups } = t.help;

const SHORTCUTS: [string, [string[], string][]][] = [
  [
    groups.everywhere,
    [
      [["?"], list.help],
      [["g", "w l i m f"], list.go],
      [["/"], list.search],
      [["Esc"], list.close],
    ],
  ],
  [
    groups.work,
    [
      [["r"], list.reached],
      [["I"], list.interested],
      [["N"], list.notInterested],
      [["c"], list.call],
      [["e"], list.mail],
      [["s"], list.swap],
    ],
  ],
  [
    groups.leads,
    [
      [["j", "k"], list.move],
      [["Home", "End"], list.ends],
      [["Enter"], list.open],
    ],
  ],
];

export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t.help.title} onClose={onClose}>
      {SHORTCUTS.map(([group, shortcuts]) => (
        <section key={group}>
          <h3>{group}</h3>
          <dl class="facts shortcuts">
            {shortcuts.map(([keys, meaning]) => (
              <div key={meaning}>
                <dt>
                  {keys.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <label class="line">
        <input
          type="checkbox"
          checked={singleKeys.value}
          onChange={(event) => setSingleKeys(event.currentTarget.checked)}
        />
        {t.help.single}
      </label>
      <p class="soft small">{t.help.singleHint}</p>
      <div class="dialog-end">
        <a class="button quiet" href="/docs">
          {t.help.api}
        </a>
        <button type="button" class="button" onClick={onClose}>
          {t.close}
        </button>
      </div>
    </Dialog>
  );
}

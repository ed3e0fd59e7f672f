/** Choose as whom to work, where nobody logs in or an administrator does. */
import { useState } from "preact/hooks";
import { managers } from "../../api/leadwire.ts";
import { ManagersIcon } from "../../parts/icons.tsx";
import { Empty, Loading, ProblemNotice } from "../../parts/notice.tsx";
import { SearchBox } from "../../parts/search.tsx";
import { StatePill, Typed } from "../../parts/show.tsx";
import { useAsked } from "../../parts/use.ts";
import { href } from "../../router.ts";
import { t } from "../../texts.ts";

export function ChooseManager() {
  const [search, setSearch] = useState("");
  const q = search.trim();
  const { answer, error, again } = useAsked(
    () => managers.list({ limit: 50, ...(q ? { q } : {}) }),
    [q],
  );
  return (
    <section class="card padded stack choose">
      <div>
        <h2>{t.work.choose}</h2>
        <p class="soft">{t.work.chooseText}</p>
      </div>
      <SearchBox label={t.work.search} value={search} onSearch={setSearch} />
      {error && <ProblemNotice error={error} again={again} />}
      {answer === null && error === null && <Loading />}
      {answer?.items.length === 0 &&
        (q === "" ? (
          <Empty icon={<ManagersIcon />} title={t.work.none} text={t.work.noneHint}>
            <a class="button main" href={href("managers")}>
              {t.work.toManagers}
            </a>
          </Empty>
        ) : (
          <p class="soft">{t.work.noneFound}</p>
        ))}
      <ul class="people">
        {answer?.items.map((manager) => (
          <li key={manager.id}>
            <a href={href("work", manager.id)}>
              <Typed text={manager.name} />
              <StatePill state={manager.state} />
            </a>
          </li>
        ))}
      </ul>
      {answer?.next_cursor != null && (
        <p class="soft small">{t.managersView.first(answer.items.length)}</p>
      )}
    </section>
  );
}

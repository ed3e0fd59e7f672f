/** Which rows of many are drawn: those that are seen, and a few beyond them. */
import { useEffect, useLayoutEffect, useState } from "preact/hooks";

/** Rows that are drawn beyond each end of what is seen. */
export const BEYOND = 8;
const DEFAULT_HEIGHT = 44;

interface Window {
  from: number;
  to: number;
  height: number;
  reveal: (index: number) => void;
}

/** Which rows are seen, as the box is scrolled; all rows are equally high. */
export function useWindow(box: { current: HTMLDivElement | null }, length: number): Window {
  const [top, setTop] = useState(0);
  const [size, setSize] = useState({ box: 800, row: DEFAULT_HEIGHT });
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => {
      const row = element.querySelector<HTMLElement>("tbody tr:not(.room)");
      setSize((old) => {
        const now = { box: element.clientHeight, row: row?.offsetHeight || old.row };
        return now.box === old.box && now.row === old.row ? old : now;
      });
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [box, length === 0]);
  useEffect(() => {
    const element = box.current;
    const scrolled = () => setTop(element?.scrollTop ?? 0);
    element?.addEventListener("scroll", scrolled, { passive: true });
    return () => element?.removeEventListener("scroll", scrolled);
  }, [box]);

  const last = Math.max(0, Math.ceil(length - size.box / size.row));
  const first = Math.min(Math.floor(top / size.row), last);
  const reveal = (index: number) => {
    const element = box.current;
    if (element === null) return;
    const head = element.querySelector("thead")?.clientHeight ?? 0;
    const above = index * size.row;
    const below = above + size.row + head - size.box;
    if (element.scrollTop > above) element.scrollTop = above;
    else if (element.scrollTop < below) element.scrollTop = below;
  };
  return {
    from: Math.max(0, first - BEYOND),
    to: Math.min(length, first + Math.ceil(size.box / size.row) + BEYOND),
    height: size.row,
    reveal,
  };
}

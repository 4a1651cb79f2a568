import { onBeforeUnmount, onMounted, ref, shallowRef } from "vue";
import { noteSecond, secondWasOpen } from "../keys";

// 副屏: a second window of the same page, for the second screen. What it shows is drawn from here with the same streams:
// there is no second seat and no second session. Its own script (Screen.vue) only waits, and closes after its opener.

const NAME = "classroom-second";
const LOOK_MS = 300;
/** Where the second window keeps what is drawn in it. */
export const PLACE = "second";

/** The window of this lesson's page: opened by a press, found again after a reload of this page. */
export function useSecondScreen(lesson: string) {
  /** Where to draw; null while there is no second window. */
  const place = shallowRef<HTMLElement | null>(null);
  /** It was there before this page was reloaded, and the browser wants a press for it to come back. */
  const lost = ref(false);
  let other: Window | null = null;
  let timer: ReturnType<typeof setInterval> | undefined;
  let styles: MutationObserver | undefined;

  function open(): void {
    lost.value = false;
    follow(window.open("/screen", NAME, "popup,width=1280,height=720"));
    noteSecond(lesson, other !== null);
  }

  function close(): void {
    forget();
    other?.close();
    other = null;
    noteSecond(lesson, false);
  }

  function follow(fresh: Window | null): void {
    other = fresh;
    clearInterval(timer);
    if (other === null) return;
    timer = setInterval(look, LOOK_MS);
    look();
  }

  /** The window may be loading, reloaded or closed by hand. */
  function look(): void {
    if (other === null || other.closed) return close();
    const there = other.document.getElementById(PLACE);
    if (there === place.value) return;
    if (there !== null) dress(other.document);
    place.value = there;
  }

  /** What is drawn there looks as it does here, also what is loaded later. */
  function dress(there: Document): void {
    const copy = (node: Node): void => {
      if (node instanceof HTMLStyleElement || (node instanceof HTMLLinkElement && node.rel === "stylesheet")) there.head.append(there.importNode(node, true));
    };
    styles?.disconnect();
    document.head.childNodes.forEach(copy);
    styles = new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach(copy)));
    styles.observe(document.head, { childList: true });
  }

  function forget(): void {
    clearInterval(timer);
    styles?.disconnect();
    place.value = null;
  }

  /** This page goes, perhaps only to come back: the window waits. */
  const leave = (): void => {
    const left = place.value;
    forget();
    left?.replaceChildren();
  };

  onMounted(() => {
    window.addEventListener("pagehide", leave);
    if (!secondWasOpen(lesson)) return;
    // An empty address finds the window that is there; without one a browser refuses to open it unasked.
    const found = window.open("", NAME, "popup,width=1280,height=720");
    lost.value = found === null;
    if (found !== null && found.location.pathname !== "/screen") found.location.replace("/screen");
    follow(found);
  });
  onBeforeUnmount(() => {
    window.removeEventListener("pagehide", leave);
    if (other !== null) close();
  });

  return { place, lost, toggle: () => (other === null ? open() : close()) };
}

import { onBeforeUnmount, onMounted } from "vue";
import type { LessonSession } from "./lesson";

/** 按住空格说话: while the microphone is muted, it is open for as long as the space bar is held. */
export function usePushToTalk(session: LessonSession): void {
  let held = false;
  const typing = (event: KeyboardEvent): boolean => event.target instanceof HTMLElement && event.target.closest("input, textarea, select, button, a, dialog, [tabindex='0']") !== null;
  function down(event: KeyboardEvent): void {
    if (event.code !== "Space" || event.repeat || held || typing(event) || !session.state.muted) return;
    event.preventDefault();
    held = true;
    session.mute(false);
  }
  function up(event?: KeyboardEvent): void {
    if (!held || (event !== undefined && event.code !== "Space")) return;
    held = false;
    session.mute(true);
  }
  const away = (): void => up();
  onMounted(() => {
    window.addEventListener("keydown", down);
    window.addEventListener("keyup", up);
    window.addEventListener("blur", away);
  });
  onBeforeUnmount(() => {
    up();
    window.removeEventListener("keydown", down);
    window.removeEventListener("keyup", up);
    window.removeEventListener("blur", away);
  });
}

import { createApp } from "vue";
import App from "./App.vue";
import { endSessionsOnLeave } from "./media/link";
import { installProbe } from "./probe";
import { PAGES } from "./pages";
import { route, startRouter } from "./router";
import { allowSoundOnTouch } from "./sound";
import { renewWhenPartsAreGone } from "./renewal";
import { startLanguage } from "./strings";
import "./style/tokens.css";
import "./style/base.css";

startRouter();
installProbe();
allowSoundOnTouch();
endSessionsOnLeave();
renewWhenPartsAreGone();
// A page taken out of the back/forward cache has lost its connections: begin anew.
window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
// The page and its language come at the same time, not one after the other. No `await` at the top: the build would put
// whatever the pages share with this file into a dozen files of their own.
void Promise.all([startLanguage(), PAGES[route.value.page]()]).then(() => createApp(App).mount("#app"));

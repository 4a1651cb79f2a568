import { createApp } from "vue";
import App from "./App.vue";
import { endSessionsOnLeave } from "./media/link";
import { installProbe } from "./probe";
import { startRouter } from "./router";
import { allowSoundOnTouch } from "./sound";
import { startLanguage } from "./strings";
import "./style/tokens.css";
import "./style/base.css";

startLanguage();
installProbe();
startRouter();
allowSoundOnTouch();
endSessionsOnLeave();
// A page taken out of the back/forward cache has lost its connections: begin anew.
window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
createApp(App).mount("#app");

import { localeContextKey } from "element-plus";
import en from "element-plus/es/locale/lang/en.mjs";
import zhCn from "element-plus/es/locale/lang/zh-cn.mjs";
import { createApp, ref } from "vue";
import "../style/tokens.css";
import "../style/base.css";
import { lang, startLanguage, startTeaching } from "../strings";
import App from "./App.vue";
import { router } from "./router";
import "./style/elements";
import "./style/console.css";

// The lists of MP4s are a part of the teacher's pages too.
void Promise.all([startLanguage(), startTeaching()]).then(() => {
  const app = createApp(App);
  app.provide(localeContextKey, ref(lang() === "en" ? en : zhCn)).use(router).mount("#app");
});

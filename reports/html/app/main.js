import { startTheme } from "./theme.js";

startTheme(document.getElementById("theme"));

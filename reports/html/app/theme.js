// The theme: as the system has it, light or dark. Nothing is kept; a page that
// is opened again begins with the system's.
const themes = ["auto", "light", "dark"];

export function startTheme(button) {
  let at = 0;
  button.hidden = false;
  button.addEventListener("click", () => {
    at = (at + 1) % themes.length;
    if (at === 0) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = themes[at];
    button.textContent = "Theme: " + themes[at];
  });
}

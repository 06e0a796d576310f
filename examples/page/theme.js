// The theme: the system's unless the user chose another. A classic script in the head, so that it is applied before
// the first paint.

(() => {
  const THEMES = ["auto", "light", "dark"];
  const root = document.documentElement;

  const chosen = () => root.dataset.theme ?? "auto";

  function choose(theme) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  }

  choose(localStorage.getItem("theme"));

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const name = () => (button.textContent = `Theme: ${chosen()}`);
    button.addEventListener("click", () => {
      choose(THEMES[(THEMES.indexOf(chosen()) + 1) % THEMES.length]);
      localStorage.setItem("theme", chosen());
      name();
    });
    name();
  });
})();

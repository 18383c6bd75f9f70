/* Light or dark: the system's, until the person chooses. */

const dark = matchMedia("(prefers-color-scheme: dark)");

function shown() {
  return document.documentElement.dataset.theme || (dark.matches ? "dark" : "light");
}

/** Let a button switch between light and dark. */
export function startTheme(button) {
  const name = () => {
    const label = shown() === "dark" ? "Switch to light" : "Switch to dark";
    button.setAttribute("aria-label", label);
    button.title = label;
  };
  button.addEventListener("click", () => {
    const next = shown() === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    try {
      localStorage.setItem("impasto.theme", next);
    } catch {
      /* it lasts until the page is left */
    }
    name();
  });
  dark.addEventListener("change", name);
  name();
}

/* The chosen look, before anything is drawn: a classic script, so that nothing flashes. */
try {
  const chosen = localStorage.getItem("impasto.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  /* without storage, the system's look */
}

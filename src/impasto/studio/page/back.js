/* Back where a dialog is open: it is the dialog that goes, not the view beneath it. */

/** Call `leave` when Back is pressed while a dialog is open; it returns whether the dialog goes. */
export function leavesOnBack(dialog, leave) {
  // An entry of its own, which Back takes away; the address is the view's.
  const enter = () => history.pushState({ dialog: true }, "");
  let isGone = false;
  const back = () => {
    isGone = leave();
    if (!isGone) enter();
  };
  enter();
  addEventListener("popstate", back);
  dialog.addEventListener("close", () => {
    removeEventListener("popstate", back);
    if (!isGone) history.back();
  });
}

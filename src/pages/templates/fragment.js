{
  const on = document.getElementById("on"), key = "vestibule " + on.dataset.page;
  let kept = "";
  try {
    if (on.dataset.step === "leave") {
      if (location.hash) sessionStorage.setItem(key, location.hash);
      else sessionStorage.removeItem(key);
    } else {
      kept = sessionStorage.getItem(key) || "";
      sessionStorage.removeItem(key);
    }
  } catch {}
  location.replace(on.href + (kept[0] === "#" ? kept : ""));
}

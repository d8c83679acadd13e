// The map beside the list of « Où s'adresser ? »: drawn when asked for (or on a wide screen, once it is in
// sight), with the marks of the places the list shows, numbered as it is. Without it nothing is missing.
(() => {
  const zone = document.getElementById("zone-carte");
  if (!zone) return;
  const button = document.getElementById("voir-carte"), box = document.getElementById("carte");
  const note = document.getElementById("note-carte");
  const marks = new Map();
  let map = null, layer = null, loading = false;

  const places = () => [...document.querySelectorAll("#resultats .place[data-lat]")];

  function load() {
    if (loading) return;
    loading = true;
    button.setAttribute("aria-busy", "true");
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = zone.dataset.feuille;
    sheet.onload = () => {
      const script = document.createElement("script");
      script.src = zone.dataset.leaflet;
      script.onload = draw;
      script.onerror = fail;
      document.head.append(script);
    };
    sheet.onerror = fail;
    document.head.prepend(sheet);
  }

  function fail() {
    loading = false;
    button.removeAttribute("aria-busy");
    note.textContent = "La carte ne s’est pas chargée. La liste contient les mêmes lieux.";
    note.hidden = false;
  }

  function draw() {
    const L = window.L, { tuiles, credit, fond, cadre } = zone.dataset;
    button.hidden = true;
    box.hidden = note.hidden = false;
    map = L.map(box, {
      // Outlines are drawn in plain degrees; tiles bring their own projection.
      crs: tuiles ? L.CRS.EPSG3857 : L.CRS.EPSG4326,
      attributionControl: Boolean(tuiles), scrollWheelZoom: false, maxZoom: 18, zoomSnap: 0.5,
      zoomControl: false,
    });
    L.control.zoom({ zoomInTitle: "Agrandir", zoomOutTitle: "Réduire" }).addTo(map);
    if (tuiles) {
      map.attributionControl.setPrefix(false);
      const words = document.createElement("span");
      words.textContent = credit;
      L.tileLayer(tuiles, { attribution: words.innerHTML, maxZoom: 18 }).addTo(map);
    } else if (cadre) {
      const [south, west, north, east] = cadre.split(",").map(Number);
      L.imageOverlay(fond, [[south, west], [north, east]], { alt: "", zIndex: 1 }).addTo(map);
    }
    layer = L.layerGroup().addTo(map);
    mark();
  }

  function mark() {
    if (!map) return;
    const L = window.L, all = places();
    layer.clearLayers();
    marks.clear();
    for (const item of all) {
      const name = item.querySelector("h3").textContent.trim(), open = item.dataset.ouvert === "1";
      const icon = L.divIcon({ className: "marque" + (open ? "" : " ferme"), html: item.dataset.n, iconSize: [30, 30] });
      const point = [Number(item.dataset.lat), Number(item.dataset.lon)];
      const one = L.marker(point, { icon, title: name, riseOnHover: true }).addTo(layer);
      const element = one.getElement();
      element.setAttribute("aria-label", name + (open ? ", ouvert" : ", fermé"));
      one.on("click keypress", (event) => {
        if (event.type === "keypress" && !["Enter", " "].includes(event.originalEvent.key)) return;
        const link = item.querySelector("h3 a");
        link.focus({ preventScroll: true });
        item.scrollIntoView({ block: "center" });
      });
      for (const kind of ["mouseover", "focus"]) element.addEventListener(kind, () => see(item, true));
      for (const kind of ["mouseout", "blur"]) element.addEventListener(kind, () => see(item, false));
      marks.set(item, element);
    }
    if (all.length) {
      const points = all.map((item) => [Number(item.dataset.lat), Number(item.dataset.lon)]);
      map.fitBounds(points, { padding: [28, 28], maxZoom: 14, animate: false });
    } else if (zone.dataset.cadre) {
      const [south, west, north, east] = zone.dataset.cadre.split(",").map(Number);
      map.fitBounds([[south, west], [north, east]], { animate: false });
    } else {
      map.setView([46.6, 2.4], 5, { animate: false });
    }
  }

  function see(item, on) {
    item.classList.toggle("vu", on);
    marks.get(item)?.classList.toggle("vu", on);
  }

  const listed = (event) => event.target.closest?.("#resultats .place[data-lat]");
  for (const [kind, on] of [["mouseover", true], ["focusin", true], ["mouseout", false], ["focusout", false]])
    document.addEventListener(kind, (event) => { const item = listed(event); if (item) see(item, on); });
  document.addEventListener("htmx:afterSettle", mark);

  zone.hidden = false;
  button.addEventListener("click", () => { load(); note.hidden = false; });
  if (window.matchMedia("(min-width: 68rem)").matches && "IntersectionObserver" in window && !navigator.connection?.saveData) {
    const watch = new IntersectionObserver((seen) => {
      if (seen.some((one) => one.isIntersecting)) { watch.disconnect(); load(); }
    });
    window.addEventListener("load", () => watch.observe(zone));
  }
})();

// The map beside the list of « Où s'adresser ? »: drawn when asked for (or on a wide screen, once it is in
// sight), with the marks of the places the list shows, numbered as it is. Without it nothing is missing.
(() => {
  const zone = document.getElementById("zone-carte");
  if (!zone) return;
  const button = document.getElementById("voir-carte"), box = document.getElementById("carte");
  const note = document.getElementById("note-carte");
  const marks = new Map();
  const way = document.getElementById("vers-carte");
  let map = null, layer = null, loading = false, wanted = false;

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
    map.on("zoomend", spread);
    mark();
    // The page was too short to reach the map before it was drawn.
    if (wanted) zone.scrollIntoView();
  }

  function mark() {
    if (!map) return;
    const L = window.L, all = places();
    layer.clearLayers();
    marks.clear();
    look(all);
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
      marks.set(item, one);
    }
    spread();
  }

  // Marks that would cover each other stand side by side: each can be read, and pressed with a finger.
  function spread() {
    const apart = 36, all = [...marks].map(([item, one]) => {
      const point = map.latLngToLayerPoint([Number(item.dataset.lat), Number(item.dataset.lon)]);
      return { one, x: point.x, y: point.y };
    });
    for (let turn = 0, moved = true; moved && turn < 200; turn++) {
      moved = false;
      for (const [n, a] of all.entries()) for (const b of all.slice(n + 1)) {
        let dx = b.x - a.x, dy = b.y - a.y, far = Math.hypot(dx, dy);
        if (far >= apart) continue;
        if (far < 0.5) [dx, dy, far] = [Math.cos(n), Math.sin(n), 1];
        const push = (apart - Math.hypot(b.x - a.x, b.y - a.y)) / 2 + 0.5;
        a.x -= (dx / far) * push; a.y -= (dy / far) * push;
        b.x += (dx / far) * push; b.y += (dy / far) * push;
        moved = true;
      }
    }
    for (const { one, x, y } of all) one.setLatLng(map.layerPointToLatLng([x, y]));
  }

  // Where to look: needed before a mark can stand anywhere.
  function look(all) {
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
    marks.get(item)?.getElement()?.classList.toggle("vu", on);
  }

  const listed = (event) => event.target.closest?.("#resultats .place[data-lat]");
  for (const [kind, on] of [["mouseover", true], ["focusin", true], ["mouseout", false], ["focusout", false]])
    document.addEventListener(kind, (event) => { const item = listed(event); if (item) see(item, on); });
  document.addEventListener("htmx:afterSettle", mark);

  zone.hidden = way.hidden = false;
  way.addEventListener("click", () => { wanted = !map; load(); });
  button.addEventListener("click", () => { load(); note.hidden = false; });
  if (window.matchMedia("(min-width: 68rem)").matches && "IntersectionObserver" in window && !navigator.connection?.saveData) {
    const watch = new IntersectionObserver((seen) => {
      if (seen.some((one) => one.isIntersecting)) { watch.disconnect(); load(); }
    });
    window.addEventListener("load", () => watch.observe(zone));
  }
})();

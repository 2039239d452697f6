// The pages there are. A new one is a module in pages/ whose default export is a component, and a line here.
//
// The component gets { params, query }: what stands in the address. While it is on screen it may call, from shell/page.js,
//   usePage({ title, command, keys })   the window's title, the footer's command, the keys it listens to
// and from stream.js
//   useStream((line) => ...)            the lines of the one stream
//   watch({ runs, batches })            what this page wants to follow
// Its style sheet, if it needs one, is named here and loaded with it. `ahead` names the modules that it imports,
// to be fetched at once where one comes from another page; the document of its own address names them all.

// How many of the rooms the bar of a phone shows; the rest are behind its last button.
export const IN_BAR = 4;

export const ROOMS = [
  { path: "/runs", name: "Runs", icon: "runs", nav: true, key: "r", load: () => import("./pages/runs.js"), styles: ["runs"], ahead: ["parts/table.js", "runs/list.js", "runs/columns.js", "runs/chosen.js"] },
  { path: "/runs/:run", name: "Run", under: "/runs", load: () => import("./pages/run.js"), styles: ["run", "inspector", "ask"], full: true,
    ahead: ["place", "graph", "store", "head", "actions", "inspector", "overview", "waiting", "step_tabs", "prompts", "timeline", "scale", "slider"].map((name) => `run/${name}.js`).concat("vendor/dagre.js") },
  { path: "/compare", name: "Compare", under: "/runs", load: () => import("./pages/compare.js"), styles: ["compare"] },
  { path: "/flows", name: "Flows", icon: "flows", nav: true, load: () => import("./pages/flows.js"), styles: ["rooms", "flows"] },
  { path: "/flows/:flow", name: "Flow", under: "/flows", load: () => import("./pages/flow.js"), styles: ["run", "rooms", "flows"], full: true },
  { path: "/inbox", name: "Inbox", icon: "inbox", nav: true, badge: "inbox", load: () => import("./pages/inbox.js"), styles: ["rooms", "ask"], full: true },
  { path: "/inbox/*item", name: "Inbox", under: "/inbox", load: () => import("./pages/inbox.js"), styles: ["rooms", "ask"], full: true },
  { path: "/capsules", name: "Capsules", icon: "capsules", nav: true, load: () => import("./pages/capsules.js"), styles: ["rooms", "capsules"], full: true },
  { path: "/capsules/*capsule", name: "Capsule", under: "/capsules", load: () => import("./pages/capsules.js"), styles: ["rooms", "capsules"], full: true },
  { path: "/agents", name: "Agents", icon: "agents", nav: true, load: () => import("./pages/agents.js"), styles: ["rooms", "flows"] },
  { path: "/agents/:agent", name: "Agent", under: "/agents", load: () => import("./pages/agent.js"), styles: ["rooms", "flows"], full: true },
  { path: "/tools", name: "Tools", icon: "tools", nav: true, load: () => import("./pages/tools.js"), styles: ["rooms", "tools"] },
  { path: "/batches", name: "Batches", icon: "batches", nav: true, load: () => import("./pages/batches.js"), styles: ["rooms", "batches"] },
  { path: "/batches/:batch", name: "Batch", under: "/batches", load: () => import("./pages/batch.js"), styles: ["rooms", "batches"] },
  { path: "/doctor", name: "Doctor", icon: "doctor", nav: true, load: () => import("./pages/doctor.js"), styles: ["rooms"] },
];

// The pages there are. A new one is a module in pages/ whose default export is a component, and a line here.
//
// The component gets { params, query }: what stands in the address. While it is on screen it may call, from shell/page.js,
//   usePage({ title, command, keys })   the window's title, the footer's command, the keys it listens to
// and from stream.js
//   useStream((line) => ...)            the lines of the one stream
//   watch({ runs, batches })            what this page wants to follow
// Its style sheet, if it needs one, is named here and loaded with it. `ahead` names the modules that it imports, to be fetched at once.

export const ROOMS = [
  { path: "/runs", name: "Runs", icon: "runs", nav: true, key: "r", load: () => import("./pages/runs.js"), styles: ["runs"], ahead: ["parts/table.js", "runs/list.js", "runs/columns.js", "runs/chosen.js"] },
  { path: "/runs/:run", name: "Run", under: "/runs", load: () => import("./pages/run.js"), styles: ["run", "inspector"], full: true,
    ahead: ["place", "graph", "store", "head", "actions", "inspector", "overview", "approval", "step_tabs", "prompts", "timeline", "scale", "slider"].map((name) => `run/${name}.js`) },
  { path: "/compare", name: "Compare", under: "/runs", load: () => import("./pages/compare.js"), styles: ["compare"] },
];

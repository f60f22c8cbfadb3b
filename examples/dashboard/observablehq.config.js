// No font is fetched, and Plot comes from node_modules: who reads the page asks no server but the one that has it.
export default {title: "Customers", root: "src", sidebar: false, toc: false, pager: false, footer: "", globalStylesheets: []};

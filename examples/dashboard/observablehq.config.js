// Plot is imported from node_modules and no font is fetched: page and build need no network but the database.
export default {title: "Customers", root: "src", sidebar: false, toc: false, pager: false, footer: "", globalStylesheets: []};

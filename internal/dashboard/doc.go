// Package dashboard shows the warehouse to people in a browser: pages made on
// the server, from the views alone.
//
// The address of a page says everything that is seen on it, so that a link can
// be kept and shared; nothing is kept about who looks. A page is of one load: its
// answers are asked, the load is looked at again, and if another one was published
// meanwhile all of it is asked anew. A load never changes, so its answers are kept
// until the next one, and a browser that has a page of it is told so.
//
// Everything works without JavaScript; the one small script adds comfort. Nothing
// comes from elsewhere. What the warehouse says is data: html/template and the
// pictures' pen escape it, and nothing else writes HTML. Behind every picture
// stands a table with the same figures, for those who read, listen or export.
//
// A page is a function that asks for answers and returns a view; adding one is
// adding it to routes.
package dashboard

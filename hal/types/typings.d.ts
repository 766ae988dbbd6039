/// <reference path="../../node_modules/@moddable/typings/xs.d.ts" />

// What XS itself has. In a file of its own: mcconfig compiles with the SDK's own copy of it beside globals.d.ts.

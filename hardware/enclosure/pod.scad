// A worn pod: the breakout, a seat for the plug that pulls apart, a strap of 25 mm. Worn flat on the back, lid outwards.
//   openscad -D 'part="base"' -o base.stl pod.scad          parts: base, lid, all
include <dimensions.scad>
part = "all";
with_plug = true;     // false for the thorax, whose cable comes from the pelvis

w = 1.8;              // walls: the pod weighs little and lies on a body
inner = [pod_board[0] + 2 * gap, pod_board[1] + 2 * gap];
posts = 2;            // below the breakout
deep = 2 + posts + 1.6 + pod_board[2];      // outside, without the lid
seat = with_plug ? plug[2] : 0;
len = inner[0] + seat + 12;                 // 12: where the cable is tied down
wide = inner[1] + 2 * w;
wing = 11;
mid = seat + inner[0] / 2;                  // the breakout's middle, from the plug's end
screws = [[seat + inner[0] + 8, 4.5], [seat + inner[0] + 8, wide - 4.5]];

module rounded(x, y, r) hull() for (p = [x[0] + r, x[1] - r], q = [y[0] + r, y[1] - r]) translate([p, q]) circle(r);

module base() difference() {
    union() {
        linear_extrude(deep) rounded([-w, len], [0, wide], 3);
        translate([mid, wide / 2, 0]) linear_extrude(2.6) rounded([-16, 16], [-wide / 2 - wing, wide / 2 + wing], 4);
    }
    difference() {
        union() {
            translate([seat, w, 2]) cube([inner[0], inner[1], deep]);
            translate([seat + inner[0] - 1, wide / 2 - 4, 2]) cube([8, 8, deep]);               // the tied cable
        }
        for (x = [-1, 1], y = [-1, 1]) translate([mid + x * pod_holes[0] / 2, wide / 2 + y * pod_holes[1] / 2, 0])
            cylinder(d = 4.8, h = 2 + posts);
    }
    for (x = [-1, 1], y = [-1, 1]) translate([mid + x * pod_holes[0] / 2, wide / 2 + y * pod_holes[1] / 2, 1])
        cylinder(d = m25_pilot, h = deep);
    if (with_plug) {
        translate([-e, (wide - plug[0] - fit) / 2, 2.5]) cube([seat + 1, plug[0] + fit, deep]);
        translate([-w - 1, (wide - plug[0] + 3) / 2, 2.5]) cube([w + 2, plug[0] - 3, deep]);    // a lip keeps it in
    }
    translate([seat + inner[0] - 1, (wide - cable) / 2, deep - cable]) cube([14, cable, cable + 1]);
    for (y = [-1, 1]) translate([seat + inner[0] + 2, wide / 2 + y * 5 - 1, -1]) cube([4, 2, deep + 2]);  // its tie
    for (p = screws) translate([p[0], p[1], 2]) cylinder(d = m25_pilot, h = deep);
    for (s = [-1, 1]) translate([mid - 13.5, wide / 2 + s * (wide / 2 + wing / 2 + 0.5) - 1.75, -1]) cube([27, 3.5, 5]);
}

module lid() {
    difference() {
        linear_extrude(1.8) rounded([-w, len], [0, wide], 3);
        for (p = screws) translate([p[0], p[1], -1]) cylinder(d = 2.8, h = 4);
    }
    translate([seat + inner[0] + fit, (wide - cable) / 2 + fit, 1.8 - e])                        // presses on the cable
        cube([6, cable - 2 * fit, 0.8]);
    if (with_plug) translate([fit, (wide - plug[0]) / 2 + fit, 1.8 - e])                        // and on the plug
        cube([plug[2] - 2 * fit, plug[0] - 2 * fit, deep - 2.5 - plug[1] - fit]);
    for (y = [w + fit, wide - w - fit - 1.2]) translate([seat + 5, y, 1.8 - e]) cube([inner[0] - 10, 1.2, 1.5]);
}

module breakout() translate([mid, wide / 2, 2 + posts + e]) {
    difference() {
        translate([-pod_board[0] / 2, -pod_board[1] / 2, 0]) cube([pod_board[0], pod_board[1], 1.6]);
        for (x = [-1, 1], y = [-1, 1]) translate([x * pod_holes[0] / 2, y * pod_holes[1] / 2, -1]) cylinder(d = 2.5, h = 4);
    }
    translate([-pod_board[0] / 2, -3.5, 1.6]) cube([pod_board[0], 7, pod_board[2] - 1.6]);       // both sockets
}

module plugged() translate([e, (wide - plug[0]) / 2, 2.5 + e]) cube([plug[2], plug[0], plug[1]]);

module lid_on() translate([0, wide, deep + 1.8]) rotate([180, 0, 0]) lid();

if (part == "base") base();
if (part == "lid") lid();
if (part == "clash") intersection() { union() { base(); lid_on(); } union() { breakout(); if (with_plug) plugged(); } }
if (part == "clash_moved") intersection() { base(); translate([2, 0, 0]) breakout(); }
if (part == "clash_lid") intersection() { base(); translate([0, 0, e]) lid_on(); }
if (part == "all") {
    color("#8a939e") base();
    color("#2f7d4f") breakout();
    if (with_plug) color("#b45309") plugged();
    translate([0, 0, 22]) color("#d5dae0") lid_on();
}

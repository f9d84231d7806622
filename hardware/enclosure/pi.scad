// The Pi with all that needs room, as keep-outs: what is printed must not reach into any of it. Both boards at once.
include <dimensions.scad>

module box(x, y, z) translate([x[0], y[0], z[0]]) cube([x[1] - x[0], y[1] - y[0], z[1] - z[0]]);

module pi() translate([0, 0, top]) {
    difference() {
        box([0, board[0]], [0, board[1]], [-board_t, 0]);
        for (p = holes) translate([p[0], p[1], -board_t - 1]) cylinder(d = 2.7, h = board_t + 2);
    }
    box([8, 80], [7.5, 48.5], [-board_t - under, -board_t]);         // solder points, between the holes' lands
    box([-2.6, 15], [22, 34], [-board_t - 1.6, -board_t]);           // card
    box([67.5, 88], [2.4, 15.6], [-0.8, usb_high]);                  // Pi 4: USB 2 at 9, Pi 5: Ethernet at 10.2
    box([67.5, 88], [20.4, 36], [-0.8, usb_high]);                   // Pi 4: USB 3 at 27, Pi 5: at 29.1
    box([64, 88], [37.5, 54], [-0.8, usb_high]);                     // Pi 4: Ethernet at 45.75, Pi 5: USB at 47
    box([7.1, 57.9], [49.9, 55.1], [0, plugs_high]);                 // header with plugs
    box([6.6, 15.8], [-1.3, 6], [0, 3.3]);                           // USB-C at 11.2
    box([22, 30], [-1.2, 6], [0, 3.3]);                              // micro HDMI at 26
    box([35.5, 43.5], [-1.2, 6], [0, 3.3]);                          // micro HDMI at 39.5
    box([50.5, 57.5], [-2.8, 12], [0, 6]);                           // Pi 4: audio at 54
    box([20, 60], [12, 46], [0, 12]);                                // Pi 5: cooler
}

// What the plugs' bodies need, from the sockets outwards.
module plugs() translate([0, 0, top]) {
    box([5, 17.4], [-20, -1.4], [-1.9, 5.1]);                        // USB-C
    box([20, 45.5], [-20, -1.4], [-1.9, 5.1]);                       // both HDMI
    box([49.5, 58.5], [-20, -2.9], [-1.5, 7.5]);                     // audio
    box([88.1, 110], [1.5, 54.5], [-0.8, usb_high]);                 // USB, network
    box([-15, -2.7], [21, 35], [-4, 0.5]);                           // a card and two fingertips
}

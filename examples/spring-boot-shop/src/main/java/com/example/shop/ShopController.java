package com.example.shop;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** What the page of the shop asks. */
@RestController
class ShopController {
  private final Prices prices;
  private final Supplier supplier;

  ShopController(Prices prices, Supplier supplier) {
    this.prices = prices;
    this.supplier = supplier;
  }

  @GetMapping("/price/{article}")
  String price(@PathVariable String article) {
    return prices.price(article);
  }

  @GetMapping("/supplier")
  String supplier() {
    return supplier.mode() + ", " + supplier.requests() + " requests";
  }

  /** Breaks the supplier, or repairs it. */
  @PostMapping("/supplier/{mode}")
  String supplier(@PathVariable Supplier.Mode mode) {
    supplier.mode(mode);
    return supplier();
  }
}

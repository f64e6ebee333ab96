package com.example.shop;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** A shop that asks a supplier for its prices. */
@SpringBootApplication
public class Shop {
  /** Starts the shop. */
  public static void main(String[] args) {
    SpringApplication.run(Shop.class, args);
  }
}
